import Inventory
import Zones

/// A zone that another member is asked about.
struct DigestQuestion: Codable, Hashable, Sendable {
    /// More serials of one zone are not asked for.
    static let serialLimit = 8
    /// More zones are not asked for at once, nor answered for.
    static let zoneLimit = 500

    /// The apex.
    let zone: String
    /// The serials that are asked for, the latest first.
    let serials: [UInt32]
}

/// What a member has of a zone.
struct DigestAnswer: Codable, Hashable, Sendable {
    /// One serial that it knows.
    struct Entry: Codable, Hashable, Sendable {
        /// The serial.
        let serial: UInt32
        /// The digest, in hexadecimal.
        let sum: String
    }

    /// The apex.
    let zone: String
    /// Of the serials that it was asked for those that it knows.
    let digests: [Entry]
}

extension DigestHistory {
    /// What another member is asked, in portions.
    var questions: [[DigestQuestion]] {
        let all = zones.map { apex in
            DigestQuestion(
                zone: "\(apex)",
                serials: latest(of: apex).prefix(DigestQuestion.serialLimit).map(\.serial.number))
        }
        return stride(from: 0, to: all.count, by: DigestQuestion.zoneLimit).map { start in
            Array(all[start..<min(start + DigestQuestion.zoneLimit, all.count)])
        }
    }

    /// What this node says to a question.
    func answer(_ questions: [DigestQuestion]) -> [DigestAnswer] {
        questions.prefix(DigestQuestion.zoneLimit).compactMap { question in
            guard let apex = DomainName(question.zone) else { return nil }
            let serials = Set(question.serials.prefix(DigestQuestion.serialLimit))
            return DigestAnswer(
                zone: question.zone,
                digests: latest(of: apex).filter { serials.contains($0.serial.number) }.map {
                    DigestAnswer.Entry(serial: $0.serial.number, sum: "\($0.sum)")
                })
        }
    }
}

extension DigestAnswer {
    /// By serial; what cannot be read is not there.
    var sums: [SerialNumber: Digest128] {
        digests.prefix(DigestQuestion.serialLimit).reduce(into: [:]) { sums, entry in
            sums[SerialNumber(entry.serial)] = Digest128(hexadecimal: entry.sum)
        }
    }
}

extension Digest128 {
    /// `nil` for anything but 32 hexadecimal digits.
    fileprivate init?(hexadecimal text: String) {
        guard text.utf8.count == 32, text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }),
            let high = UInt64(text.prefix(16), radix: 16),
            let low = UInt64(text.suffix(16), radix: 16)
        else { return nil }
        self.init(high: high, low: low)
    }
}
