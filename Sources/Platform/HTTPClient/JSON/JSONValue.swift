/// A JSON value as a server sent it. Servers written in Perl and PHP send numbers as strings and
/// booleans as numbers, so the readers below take what can be taken for the type asked for.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case real(Double)
    case string(String)
    case array([JSONValue])
    /// The last value of a name that occurs twice.
    case object([String: JSONValue])

    /// A member of an object; `nil` for anything else, and where the member is null.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self, let value = members[name], value != .null else {
            return nil
        }
        return value
    }

    /// A string, or a number or boolean as text.
    package var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .real(let number): String(number)
        case .bool(let flag): flag ? "1" : "0"
        case .null, .array, .object: nil
        }
    }

    /// An integer, also from a string of digits, a real without fraction, or a boolean.
    package var integer: Int? {
        switch self {
        case .integer(let number): number
        case .real(let number): Int(exactly: number)
        case .string(let text): Int(text)
        case .bool(let flag): flag ? 1 : 0
        case .null, .array, .object: nil
        }
    }

    /// A boolean, also from 0 and 1 and from the words that Proxmox takes for them.
    package var flag: Bool? {
        switch self {
        case .bool(let flag): flag
        case .integer(let number): number != 0
        case .string(let text): Self.flag(text)
        case .null, .real, .array, .object: nil
        }
    }

    /// The elements of an array; `nil` for anything else.
    package var elements: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object; `nil` for anything else.
    package var members: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// "1", "on", "yes" and "true", "0", "off", "no" and "false", in either case; else `nil`.
    package static func flag(_ text: some StringProtocol) -> Bool? {
        switch text.lowercased() {
        case "1", "on", "yes", "true": true
        case "0", "off", "no", "false": false
        default: nil
        }
    }
}

/// Where and why octets are not JSON.
package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found.
    package let reason: String
    /// Octets before the place; where text had to be replaced, in the document with U+FFFD.
    package let offset: Int

    package var description: String { "\(reason) at octet \(offset)" }
}
