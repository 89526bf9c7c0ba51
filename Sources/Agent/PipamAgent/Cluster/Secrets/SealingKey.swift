package import OpenSSL

/// The key that secrets of the cluster are closed with for this node. It never leaves the data
/// directory; the others know its public half.
package enum SealingKey {
    static let fileName = "sealing.key"
    private static let remedy =
        "remove it and restart the agent: the others close the cluster's secrets for a new one"

    /// Reads it, and makes one if there is none. Throws if it is damaged, or others than its owner
    /// may read it.
    package static func take(
        in directory: GuardedDirectory
    ) throws(EnrolmentError) -> AgreementKey {
        let path = "\(directory.path)/\(fileName)"
        guard let content = try directory.read(fileName, maximumOctets: 256) else {
            return try make(in: directory)
        }
        guard content.mode & 0o077 == 0 else {
            throw .damaged(
                path: path, reason: "others than its owner may read the key", remedy: remedy)
        }
        guard let secret = octets(content.octets) else {
            throw .damaged(path: path, reason: "it is not 64 hexadecimal digits", remedy: remedy)
        }
        do {
            return try AgreementKey(secret: secret)
        } catch {
            throw .damaged(path: path, reason: "\(error)", remedy: remedy)
        }
    }

    private static func make(
        in directory: GuardedDirectory
    ) throws(EnrolmentError) -> AgreementKey {
        let key: AgreementKey
        do { key = try .generate() } catch { throw .cryptography(error) }
        let text = key.secret.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        try directory.replace(fileName, with: Array("\(text)\n".utf8))
        return key
    }

    private static func octets(_ text: [UInt8]) -> [UInt8]? {
        let line = text.last == 0x0A ? text.dropLast() : text[...]
        let digits = line.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == line.count, digits.count == 2 * AgreementKey.octets else {
            return nil
        }
        return stride(from: 0, to: digits.count, by: 2).map {
            UInt8(digits[$0] << 4 | digits[$0 + 1])
        }
    }
}
