import FoundationEssentials

/// Messages as JSON: names in snake case, sorted, so that equal messages are equal texts.
package enum JSONText {
    /// One line, with its end.
    package static func encode(_ message: some Encodable) throws(ControlError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        do {
            return Array(try encoder.encode(message)) + [UInt8(ascii: "\n")]
        } catch {
            throw .broken("a message cannot be written as JSON: \(error)", remedy: "report this")
        }
    }

    /// A message from an agent that may be of another version: fields that are not known are
    /// passed over.
    static func decode<Message: Decodable>(
        _ type: Message.Type, from octets: [UInt8]
    ) throws(ControlError) -> Message {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        do {
            return try decoder.decode(type, from: Data(octets))
        } catch {
            throw .broken(
                "the agent's answer is not understood: \(error)",
                remedy: "use the pipamctl of the agent's version")
        }
    }
}
