import CSystemCalls
import Glibc

/// A small file, read whole, with the permission bits it had when it was opened.
struct FileContent {
    /// Why a file was not read, as a sentence for people.
    struct Failure: Error {
        let reason: String
    }

    /// What stands in it.
    let octets: [UInt8]
    /// The lower twelve bits of its mode.
    let mode: UInt32

    /// Reads a regular file of at most `maximumOctets`.
    init(path: String, maximumOctets: Int) throws(Failure) {
        // Without O_NONBLOCK the opening of a FIFO would wait for a writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw Self.failure(errno) }
        defer { close(descriptor) }
        var status = pipam_file_status()
        guard pipam_status_of_descriptor(descriptor, &status) == 0 else {
            throw Self.failure(errno)
        }
        guard status.kind == pipam_file_regular else { throw Failure(reason: "no regular file") }
        mode = status.mode
        octets = try Self.read(descriptor, maximumOctets: maximumOctets)
    }

    /// Something of that name is there, readable or not.
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Reads one octet more than allowed, to tell a file that is just as long from a longer one.
    private static func read(_ descriptor: Int32, maximumOctets: Int) throws(Failure) -> [UInt8] {
        var octets: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: min(maximumOctets + 1, 65_536))
        while true {
            let count = buffer.withUnsafeMutableBytes { bytes in
                Glibc.read(descriptor, bytes.baseAddress, bytes.count)
            }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(errno) }
            if count == 0 { return octets }
            octets += buffer[..<count]
            guard octets.count <= maximumOctets else {
                throw Failure(reason: "longer than \(maximumOctets) octets")
            }
        }
    }

    private static func failure(_ code: Int32) -> Failure {
        Failure(reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
    }
}
