import SwiftProtobuf

/// Messages as bytes.
enum Wire {
    static func encode(_ message: some Message) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            // A proto3 message has no required fields, and none of ours nears 2 GiB.
            preconditionFailure("encoding a message: \(error)")
        }
    }

    /// Reads a message. Whatever this version would not write itself is refused: a field that it
    /// does not know means a state that it cannot follow (docs/decisions/0014).
    static func decode<Content: Message>(
        _ bytes: [UInt8], _ what: String
    ) throws(ClusterStateError) -> Content {
        var options = BinaryDecodingOptions()
        options.discardUnknownFields = true
        let message: Content
        do {
            message = try Content(serializedBytes: bytes, options: options)
        } catch {
            throw .damaged(what: what)
        }
        guard encode(message).count == bytes.count else { throw .unknownField(what: what) }
        return message
    }
}
