import CSystemCalls
import Glibc

/// How much a folder takes on the disk.
enum DirectorySize {
    /// Folders below folders of a log: a bound, not a need.
    private static let maximumDepth = 4

    /// The sizes of all files, added up; what cannot be seen counts nothing.
    static func octets(below path: String, depth: Int = 0) -> UInt64 {
        guard depth < maximumDepth, let directory = opendir(path) else { return 0 }
        defer { closedir(directory) }
        var total: UInt64 = 0
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            var status = pipam_file_status()
            guard pipam_status_of_name("\(path)/\(name)", &status) == 0 else { continue }
            if status.kind == pipam_file_directory {
                total += octets(below: "\(path)/\(name)", depth: depth + 1)
            } else {
                total += status.disk_octets
            }
        }
        return total
    }
}
