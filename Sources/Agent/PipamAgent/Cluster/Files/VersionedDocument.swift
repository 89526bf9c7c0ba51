import FoundationEssentials

/// A small file of JSON that says which version of its format it has.
protocol VersionedDocument: Codable, Sendable {
    /// The version that this program writes and the only one it reads.
    static var version: Int { get }
    /// The longest one, in octets.
    static var maximumOctets: Int { get }
    /// The version found.
    var version: Int { get }
    /// What is impossible about it; `nil` if nothing is.
    var objection: String? { get }
}

extension VersionedDocument {
    /// The text of the file, the same for equal documents.
    var octets: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        do {
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            preconditionFailure("texts and whole numbers always have a JSON form: \(error)")
        }
    }

    /// Reads what stands in a file called `path`. Throws if it is damaged, of another version or
    /// says something impossible; `remedy` tells what to do then.
    init(octets: [UInt8], path: String, remedy: String) throws(EnrolmentError) {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = Data(octets)
        guard let found = try? decoder.decode(VersionMark.self, from: data) else {
            throw .damaged(path: path, reason: "no JSON with a version", remedy: remedy)
        }
        guard found.version == Self.version else {
            throw .damaged(
                path: path, reason: "format \(found.version), this program knows \(Self.version)",
                remedy: "use the version of pipam that wrote it")
        }
        do {
            self = try decoder.decode(Self.self, from: data)
        } catch {
            throw .damaged(path: path, reason: "a field is missing or wrong", remedy: remedy)
        }
        if let objection { throw .damaged(path: path, reason: objection, remedy: remedy) }
    }

    /// Reads the file of that name; `nil` if there is none.
    static func read(
        _ name: String, in directory: GuardedDirectory, remedy: String
    ) throws(EnrolmentError) -> Self? {
        guard let content = try directory.read(name, maximumOctets: maximumOctets) else {
            return nil
        }
        return try Self(
            octets: content.octets, path: "\(directory.path)/\(name)", remedy: remedy)
    }
}

private struct VersionMark: Decodable {
    let version: Int
}
