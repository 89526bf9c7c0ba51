extension JSONValue {
    /// The deepest nesting that is read.
    package static let maximumDepth = 64
    /// The most values that are read from one document; an empty array or object counts twice.
    package static let maximumValues = 3_000_000
}

/// What a document may ask of jansson.
///
/// jansson nests 2,048 deep and has no bound on the number of values: at 235 octets for an empty
/// object, 32 MiB of "{},{},..." would become 2.4 GiB. So what begins a value is counted before.
enum JSONBounds {
    /// Counts one value for the document, one for each bracket that opens and one for each comma.
    /// What is no JSON is left to jansson, which reads no further than the first mistake.
    static func check(_ octets: [UInt8]) throws(JSONError) {
        var depth = 0
        var values = 1
        var position = 0
        while position < octets.count {
            switch octets[position] {
            case UInt8(ascii: "\""):
                position = end(ofString: position + 1, in: octets)
                continue
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                values += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            case UInt8(ascii: ","): values += 1
            default: break
            }
            guard depth <= JSONValue.maximumDepth else {
                throw JSONError(
                    reason: "nested more than \(JSONValue.maximumDepth) deep", offset: position)
            }
            guard values <= JSONValue.maximumValues else {
                throw JSONError(
                    reason: "more than \(JSONValue.maximumValues) values", offset: position)
            }
            position += 1
        }
    }
    /// Where the document goes on behind the string that began before `start`; its end if the
    /// string does not end.
    static func end(ofString start: Int, in octets: [UInt8]) -> Int {
        var position = start
        while position < octets.count {
            let octet = octets[position]
            if octet == UInt8(ascii: "\"") { return position + 1 }
            position += octet == UInt8(ascii: "\\") ? 2 : 1
        }
        return octets.count
    }
}
