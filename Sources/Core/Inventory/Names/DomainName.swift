/// A domain name in canonical form: fully qualified, A-Z as a-z, at most 255 octets on the wire
/// with labels of 1...63 octets (RFC 1035 section 3.1, RFC 4343). Labels may hold any octet;
/// whether a guest may be called so is the question of `HostLabel`.
package struct DomainName: Hashable, Sendable {
    /// Wire form without compression: each label behind its length, the root's zero last;
    /// 1...255 octets, letters in lower case.
    package let wire: [UInt8]

    /// The root, ".".
    package static let root = DomainName(checked: [0])

    private init(checked wire: [UInt8]) {
        self.wire = wire
    }

    /// Takes wire form from anywhere. `nil` if a label is too long, the name is too long, a
    /// compression pointer stands in it, or octets are missing or left over.
    package init?(wire: some Collection<UInt8>) {
        self.init(wire: Array(wire))
    }

    /// The same for an array, which is not copied unless it holds capital letters: a server that
    /// starts takes hundreds of thousands of names.
    package init?(wire: [UInt8]) {
        guard (1...255).contains(wire.count) else { return nil }
        var offset = 0
        while wire[offset] != 0 {
            let next = offset + 1 + Int(wire[offset])
            // More than the label must follow: the root's zero at least.
            guard wire[offset] <= 63, next < wire.count else { return nil }
            offset = next
        }
        guard offset == wire.count - 1 else { return nil }
        // Length octets are below 64 and thus no letters.
        let isLowercase = wire.allSatisfy { $0 == $0.asciiLowercased }
        self.wire = isLowercase ? wire : wire.map(\.asciiLowercased)
    }

    /// A label in front of a name: `web1` and `example.com.` give `web1.example.com.`. `nil` if the
    /// label is not 1...63 octets or the whole is longer than 255.
    package init?(label: some Collection<UInt8>, in parent: DomainName) {
        guard (1...63).contains(label.count), parent.wire.count + label.count + 1 <= 255 else {
            return nil
        }
        wire = [UInt8(label.count)] + label.map(\.asciiLowercased) + parent.wire
    }

    /// Reads presentation form (RFC 1035 section 5.1): labels between dots, `\DDD` and `\X` for
    /// octets that are special; the dot at the end may be missing. Octets outside printable ASCII
    /// must be escaped. `nil` for anything that is not a name, the empty text included.
    package init?(_ text: some StringProtocol) {
        guard let wire = DomainNameText.wire(of: text) else { return nil }
        self.wire = wire
    }

    /// The labels, first to last, without the root's.
    package var labels: [ArraySlice<UInt8>] {
        var labels: [ArraySlice<UInt8>] = []
        var offset = 0
        while wire[offset] != 0 {
            let end = offset + 1 + Int(wire[offset])
            labels.append(wire[offset + 1..<end])
            offset = end
        }
        return labels
    }

    /// Labels before the root: 2 for `example.com.`, 0 for the root.
    package var labelCount: Int {
        var count = 0
        var offset = 0
        while wire[offset] != 0 {
            offset += 1 + Int(wire[offset])
            count += 1
        }
        return count
    }

    /// The name without its first label; `nil` for the root.
    package var parent: DomainName? {
        guard wire[0] != 0 else { return nil }
        return DomainName(checked: Array(wire[(1 + Int(wire[0]))...]))
    }

    /// This name is `ancestor` or lies below it.
    package func isAtOrBelow(_ ancestor: DomainName) -> Bool {
        let excess = wire.count - ancestor.wire.count
        guard excess >= 0, wire[excess...].elementsEqual(ancestor.wire) else { return false }
        // The tail must begin where a label begins.
        var offset = 0
        while offset < excess {
            offset += 1 + Int(wire[offset])
        }
        return offset == excess
    }
}

extension DomainName: CustomStringConvertible {
    /// Presentation form with the dot at the end.
    package var description: String { DomainNameText.presentation(of: self) }
}

extension DomainName: Comparable {
    /// Canonical order (RFC 4034 section 6.1): by labels from the last to the first.
    package static func < (left: Self, right: Self) -> Bool {
        let excess = left.labelCount - right.labelCount
        var leftStart = left.offset(ofLabel: max(0, excess))
        var rightStart = right.offset(ofLabel: max(0, -excess))
        // Both have as many labels from here on; the last pair that differs counts.
        var isLess = excess < 0
        while left.wire[leftStart] != 0 {
            let leftEnd = leftStart + 1 + Int(left.wire[leftStart])
            let rightEnd = rightStart + 1 + Int(right.wire[rightStart])
            var leftOffset = leftStart + 1
            var rightOffset = rightStart + 1
            while leftOffset < leftEnd, rightOffset < rightEnd,
                left.wire[leftOffset] == right.wire[rightOffset]
            {
                leftOffset += 1
                rightOffset += 1
            }
            if leftOffset < leftEnd, rightOffset < rightEnd {
                isLess = left.wire[leftOffset] < right.wire[rightOffset]
            } else if leftEnd - leftStart != rightEnd - rightStart {
                isLess = leftOffset == leftEnd
            }
            (leftStart, rightStart) = (leftEnd, rightEnd)
        }
        return isLess
    }

    private func offset(ofLabel index: Int) -> Int {
        var offset = 0
        for _ in 0..<index { offset += 1 + Int(wire[offset]) }
        return offset
    }
}

extension DomainName {
    /// Eight octets at a time: an array's own way is one call for each. Iterators cost more than
    /// all the rest in a build that is not optimised, where simulations hash names all the time.
    package func hash(into hasher: inout Hasher) {
        let count = wire.count
        hasher.combine(count)
        var word: UInt64 = 0
        var index = 0
        while index < count {
            word = word << 8 | UInt64(wire[index])
            index += 1
            if index & 7 == 0 { hasher.combine(word) }
        }
        hasher.combine(word)
    }
}

/// Presentation form, apart from the value itself.
private enum DomainNameText {
    static func wire(of text: some StringProtocol) -> [UInt8]? {
        if text == "." { return [0] }
        var bytes = Array(text.utf8)[...]
        var wire: [UInt8] = [0]
        wire.reserveCapacity(bytes.count + 2)
        // Where the length of the label stands that is being read.
        var start = 0
        while let byte = bytes.popFirst() {
            switch byte {
            case UInt8(ascii: "."):
                guard close(from: start, &wire) else { return nil }
                start = wire.count
                wire.append(0)
            case UInt8(ascii: "\\"):
                guard let octet = escaped(&bytes) else { return nil }
                wire.append(octet)
            case 0x21...0x7E:
                wire.append(byte.asciiLowercased)
            default:
                return nil
            }
        }
        if start < wire.count - 1 {
            guard close(from: start, &wire) else { return nil }
            wire.append(0)
        }
        return (2...255).contains(wire.count) ? wire : nil
    }

    /// Puts the length of the last label in front of it.
    private static func close(from start: Int, _ wire: inout [UInt8]) -> Bool {
        let count = wire.count - start - 1
        guard (1...63).contains(count) else { return false }
        wire[start] = UInt8(count)
        return true
    }

    /// What follows a backslash: three decimal digits of at most 255, or one other character.
    private static func escaped(_ bytes: inout ArraySlice<UInt8>) -> UInt8? {
        guard let first = bytes.popFirst() else { return nil }
        guard first.isDigit else {
            return (0x20...0x7E).contains(first) ? first.asciiLowercased : nil
        }
        guard bytes.count >= 2, bytes.prefix(2).allSatisfy(\.isDigit) else { return nil }
        let digits = [first] + bytes.prefix(2)
        bytes = bytes.dropFirst(2)
        let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return UInt8(exactly: number)?.asciiLowercased
    }

    static func presentation(of name: DomainName) -> String {
        guard name.wire.count > 1 else { return "." }
        return name.labels.map { $0.map(presentation).joined() + "." }.joined()
    }

    private static func presentation(of octet: UInt8) -> String {
        switch octet {
        case UInt8(ascii: "."), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: ";"),
            UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "@"), UInt8(ascii: "$"):
            "\\" + String(Unicode.Scalar(octet))
        case 0x21...0x7E:
            String(Unicode.Scalar(octet))
        default:
            "\\" + String(repeating: "0", count: octet < 10 ? 2 : octet < 100 ? 1 : 0)
                + String(octet)
        }
    }
}
