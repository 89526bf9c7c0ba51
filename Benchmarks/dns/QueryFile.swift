import Glibc

/// Messages behind their lengths, in one piece of memory that lasts as long as the program.
struct QueryFile {
    private let octets: UnsafeMutableBufferPointer<UInt8>
    private let places: UnsafeMutableBufferPointer<(start: Int, count: Int)>
    let count: Int

    /// Why a file cannot be used.
    struct Failure: Error {
        let path: String
    }

    init(_ path: String) throws {
        guard let file = fopen(path, "r") else { throw Failure(path: path) }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        let size = ftell(file)
        rewind(file)
        octets = .allocate(capacity: size)
        guard fread(octets.baseAddress, 1, size, file) == size else { throw Failure(path: path) }
        var found: [(start: Int, count: Int)] = []
        var offset = 0
        while offset + 2 <= size {
            let length = Int(octets[offset]) << 8 | Int(octets[offset + 1])
            found.append((offset + 2, length))
            offset += 2 + length
        }
        places = .allocate(capacity: found.count)
        _ = places.initialize(from: found)
        count = found.count
    }

    /// One message. It lives as long as this.
    subscript(index: Int) -> UnsafeBufferPointer<UInt8> {
        let place = places[index]
        return UnsafeBufferPointer(rebasing: octets[place.start..<place.start + place.count])
    }
}
