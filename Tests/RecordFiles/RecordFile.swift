import Glibc
import Inventory
package import Zones

/// Record sets of whole zones in a file, for tests and benchmarks: what generated it knows the wire
/// form, so that nothing of ours has to read zone files. Each line is one of
///
///     $ZONE apex
///     owner type-number ttl hexadecimal-data
///
/// with names in presentation form, complete and without escapes, and records of one set together.
/// RRSIG records (type 46) come behind the set that they sign.
package enum RecordFile {
    /// What is wrong with a file.
    package struct Failure: Error {
        /// Counted from 1.
        package let line: Int
        /// In words.
        package let reason: String
    }

    /// The zones of a file.
    package static func zones(in path: String) throws -> [ZoneChange] {
        let file = open(path, O_RDONLY)
        guard file >= 0 else { throw failure(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw failure(path) }
        let octets = Int(status.st_size)
        guard octets > 0 else { return [] }
        guard let start = mmap(nil, octets, PROT_READ, MAP_PRIVATE, file, 0), start != MAP_FAILED
        else { throw failure(path) }
        defer { munmap(start, octets) }
        var reader = RecordReader(UnsafeRawBufferPointer(start: start, count: octets))
        return try reader.zones()
    }

    private static func failure(_ path: String) -> Failure {
        Failure(line: 0, reason: "\(path): \(String(cString: strerror(errno)))")
    }
}
