import Control
import Glibc

/// Reads a secret that must not stand on a command line. Nothing of it gets into an error.
enum SecretInput {
    /// Where it stands.
    enum Place {
        case standardInput
        case file(String)

        fileprivate var name: String {
            switch self {
            case .standardInput: "standard input"
            case .file(let path): path
            }
        }
    }

    /// Enough for a secret with some empty lines before it.
    private static let maximumOctets = 4096

    /// The first line that is not empty, without space around it.
    static func read(_ place: Place) throws(ControlError) -> String {
        let octets: [UInt8]
        switch place {
        case .standardInput: octets = try read(STDIN_FILENO, of: place)
        case .file(let path):
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw failure(place, errno) }
            defer { close(file) }
            octets = try read(file, of: place)
        }
        let lines = octets.split(whereSeparator: { $0 == UInt8(ascii: "\n") })
            .map { $0.filter { $0 > UInt8(ascii: " ") } }
        guard let line = lines.first(where: { !$0.isEmpty }) else {
            throw .invalid("there is no token in \(place.name)", remedy: "give it there")
        }
        guard line.count <= ClusterTokenAnswer.maximumOctets,
            let text = String(validating: line, as: UTF8.self)
        else { throw .invalid("what \(place.name) holds is no token", remedy: "look at it") }
        return text
    }

    /// Until the end, an end of line, or as much as is read at most.
    private static func read(_ file: Int32, of place: Place) throws(ControlError) -> [UInt8] {
        var octets: [UInt8] = []
        var part = [UInt8](repeating: 0, count: maximumOctets)
        while octets.count < maximumOctets {
            let count = Glibc.read(file, &part, maximumOctets - octets.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw failure(place, errno) }
            guard count > 0 else { break }
            octets += part[..<count]
            // A person at a terminal ends the line and not the input.
            if octets.contains(where: { $0 > UInt8(ascii: " ") }), octets.last == UInt8(ascii: "\n")
            {
                break
            }
        }
        return octets
    }

    private static func failure(_ place: Place, _ code: Int32) -> ControlError {
        .invalid(
            "reading \(place.name): \(String(cString: strerror(code)))",
            remedy: "see that it can be read")
    }
}
