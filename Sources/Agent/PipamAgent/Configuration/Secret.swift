/// A password or token. It prints as `(secret)` wherever it ends up, in a log line, an error or a
/// dump; who needs the text asks for `exposed` and takes care of it.
package struct Secret: Hashable, Sendable {
    /// The text itself. Never log it, never put it on a command line.
    package let exposed: String

    /// The longest secret taken, in octets.
    package static let maximumOctets = 4_096

    /// Takes printable ASCII of 1...4,096 octets; white space at either end, as an editor leaves it
    /// in a file, is dropped. `nil` for anything else: it would break the header it is sent in.
    package init?(_ text: some StringProtocol) {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let octets = text.utf8.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        guard (1...Self.maximumOctets).contains(octets.count),
            octets.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        exposed = String(decoding: octets, as: UTF8.self)
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Always the same, whatever the secret is.
    package var description: String { "(secret)" }

    /// Always the same, whatever the secret is.
    package var debugDescription: String { description }

    /// No children, so that `dump` shows nothing either.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
