extension JSONValue {
    /// Reads one document (RFC 8259) with jansson.
    ///
    /// What stands in a guest can reach a list of all guests, so text that jansson refuses does not
    /// make the document unreadable: octets that are no UTF-8 and escapes of half a surrogate pair
    /// become U+FFFD. Integers that do not fit `Int` become reals, and so do, in the same document,
    /// those of 2^53 and beyond. A NUL is read in a string and refused in the name of a member.
    package init(parsing octets: [UInt8]) throws(JSONError) {
        try JSONBounds.check(octets)
        var octets = octets
        var isRepaired = false
        var integersAreReals = false
        while true {
            do {
                self = try JSONDocument(octets, integersAreReals: integersAreReals).value()
                return
            } catch {
                switch error.remedy {
                case .reals where !integersAreReals:
                    integersAreReals = true
                case .repair where !isRepaired:
                    octets = Self.repaired(octets)
                    isRepaired = true
                case .reals, .repair, nil:
                    throw error.error
                }
            }
        }
    }

    private static func repaired(_ octets: [UInt8]) -> [UInt8] {
        var repaired = Array(String(decoding: octets, as: UTF8.self).utf8)
        var position = 0
        while position < repaired.count {
            guard repaired[position] == UInt8(ascii: "\\") else {
                position += 1
                continue
            }
            guard let unit = codeUnit(escapedAt: position, in: repaired) else {
                // Two, so that an escaped backslash does not begin an escape.
                position += 2
                continue
            }
            let end = position + escapeLength
            if UTF16.isLeadSurrogate(unit), let next = codeUnit(escapedAt: end, in: repaired),
                UTF16.isTrailSurrogate(next)
            {
                position = end + escapeLength
                continue
            }
            if UTF16.isSurrogate(unit) {
                repaired.replaceSubrange(position..<end, with: "\\uFFFD".utf8)
            }
            position = end
        }
        return repaired
    }

    /// Octets of "\uFFFD".
    private static let escapeLength = 6

    /// `nil` where no such escape begins.
    private static func codeUnit(escapedAt start: Int, in octets: [UInt8]) -> UInt16? {
        guard octets.count - start >= escapeLength, octets[start] == UInt8(ascii: "\\"),
            octets[start + 1] == UInt8(ascii: "u")
        else { return nil }
        let digits = octets[start + 2..<start + escapeLength]
        guard digits.first != UInt8(ascii: "+") else { return nil }
        return UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    }
}
