import DNSWire
import Glibc

/// Renames what lies below a DNAME record (RFC 6672 section 3.2) within an answer that is being
/// written: the alias that the record stands for is made up from octets already there.
struct Redirection: ~Copyable {
    /// The new name in canonical wire form.
    let name: UnsafeMutablePointer<UInt8>

    init() {
        name = .allocate(capacity: QuestionName.maximumOctets)
        name.initialize(repeating: 0, count: QuestionName.maximumOctets)
    }

    deinit {
        name.deallocate()
    }

    /// The first `octets` octets of the name at a place of an answer, pointers followed, and behind
    /// them the name at `target`: into `name`. `false` if that makes more than 255 octets.
    mutating func make(
        prefix octets: Int, ofNameAt place: Int, target: Int, in writer: borrowing AnswerWriter
    ) -> Bool {
        guard append(at: 0, upTo: octets, from: place, in: writer) == octets else { return false }
        return append(at: octets, upTo: nil, from: target, in: writer) != nil
    }

    /// Copies labels until so many octets are there, or to the end of the name.
    private func append(
        at start: Int, upTo limit: Int?, from place: Int, in writer: borrowing AnswerWriter
    ) -> Int? {
        var end = start
        var place = place
        while limit.map({ end < $0 }) ?? true {
            let length = Int(writer.octet(at: place))
            if length > QuestionName.maximumLabelOctets {
                place = (length & 0x3F) << 8 | Int(writer.octet(at: place + 1))
                continue
            }
            guard end + length < QuestionName.maximumOctets else { return nil }
            name[end] = UInt8(length)
            for index in 0..<length {
                let octet = writer.octet(at: place + 1 + index)
                name[end + 1 + index] = octet &- UInt8(ascii: "A") < 26 ? octet | 0x20 : octet
            }
            end += length + 1
            place += length + 1
            if length == 0 { return end }
        }
        return end
    }
}
