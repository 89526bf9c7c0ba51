/// Where the elements of one long array stand in a document whose values are needed one at a time,
/// so that no tree of them all has to be made: a tree takes ten times the memory of its text.
package enum JSONElements {
    /// The octets of each element of the array that is the member `name` of the document, an
    /// object. Elements are merely told apart, not read: the document is one if each of them is.
    /// What stands around them is read with jansson.
    ///
    /// `nil` where the array cannot be told from its octets alone, since the member is missing, is
    /// no array, stands there twice or has an escaped name: the whole has to be read then.
    ///
    /// The bounds are those of `JSONValue`. Offsets in errors about what stands around the array
    /// are those in the document without elements.
    package static func ranges(
        of name: String, in octets: [UInt8]
    ) throws(JSONError) -> [Range<Int>]? {
        try JSONBounds.check(octets)
        var scan = Scan(name: Array(name.utf8))
        scan.walk(octets)
        guard let array = scan.found, !scan.isDoubtful else { return nil }
        let frame = Array(octets[..<array.lowerBound]) + octets[array.upperBound...]
        // Of a name that occurs twice, the last value counts.
        guard try JSONValue(parsing: frame)[name] == .array([]) else { return nil }
        // White space alone is no element, and no mistake either if it is the only one.
        if scan.ranges.count == 1, octets[scan.ranges[0]].allSatisfy(isSpace) { return [] }
        return scan.ranges
    }

    private static func isSpace(_ octet: UInt8) -> Bool {
        octet == 0x20 || octet == 0x09 || octet == 0x0A || octet == 0x0D
    }

    /// Goes by brackets and quotes alone; what is between them is left to whoever reads it.
    private struct Scan {
        let name: [UInt8]
        /// What stands between the array's brackets.
        var found: Range<Int>?
        var ranges: [Range<Int>] = []
        var isDoubtful = false

        private var depth = 0
        /// Where the element or the array began, while in it.
        private var begin: Int?
        private var elementBegin = 0
        /// The last string directly in the document's object, and whether a colon followed.
        private var string = 0..<0
        private var isAtValue = false

        init(name: [UInt8]) {
            self.name = name
        }

        mutating func walk(_ octets: [UInt8]) {
            var position = 0
            while position < octets.count {
                switch octets[position] {
                case UInt8(ascii: "\""):
                    let start = position + 1
                    position = JSONBounds.end(ofString: start, in: octets)
                    if depth == 1 { string = start..<max(start, position - 1) }
                    continue
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    open(octets, at: position)
                case UInt8(ascii: "]"), UInt8(ascii: "}"):
                    close(octets[position], at: position)
                case UInt8(ascii: ","):
                    if depth == 2, begin != nil {
                        ranges.append(elementBegin..<position)
                        elementBegin = position + 1
                    }
                    if depth == 1 { isAtValue = false }
                case UInt8(ascii: ":"):
                    if depth == 1 { isAtValue = true }
                    // A name with escapes may be the one that is looked for.
                    if depth == 1, octets[string].contains(UInt8(ascii: "\\")) { isDoubtful = true }
                default: break
                }
                position += 1
            }
            if begin != nil { isDoubtful = true }
        }

        private mutating func open(_ octets: [UInt8], at position: Int) {
            if depth == 1, isAtValue, octets[string].elementsEqual(name) {
                if octets[position] == UInt8(ascii: "{") || found != nil { isDoubtful = true }
                begin = position + 1
                elementBegin = position + 1
            }
            depth += 1
        }

        private mutating func close(_ octet: UInt8, at position: Int) {
            depth -= 1
            guard depth == 1, let begin else { return }
            if octet != UInt8(ascii: "]") { isDoubtful = true }
            ranges.append(elementBegin..<position)
            found = begin..<position
            self.begin = nil
        }
    }
}
