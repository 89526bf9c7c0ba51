import Inventory
import Zones

/// A zone that another member is asked about.
struct MarkQuestion: Codable, Hashable, Sendable {
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
struct MarkAnswer: Codable, Hashable, Sendable {
    /// One serial that it knows.
    struct Mark: Codable, Hashable, Sendable {
        /// The serial.
        let serial: UInt32
        /// The digest, in hexadecimal.
        let digest: String
    }

    /// The apex.
    let zone: String
    /// Of the serials that it was asked for those that it knows.
    let marks: [Mark]
}

extension MarkHistory {
    /// What another member is asked, in portions.
    var questions: [[MarkQuestion]] {
        let all = zones.map { apex in
            MarkQuestion(
                zone: "\(apex)",
                serials: latest(of: apex).prefix(MarkQuestion.serialLimit).map(\.serial.number))
        }
        return stride(from: 0, to: all.count, by: MarkQuestion.zoneLimit).map { start in
            Array(all[start..<min(start + MarkQuestion.zoneLimit, all.count)])
        }
    }

    /// What this node says to a question.
    func answer(_ questions: [MarkQuestion]) -> [MarkAnswer] {
        questions.prefix(MarkQuestion.zoneLimit).compactMap { question in
            guard let apex = DomainName(question.zone) else { return nil }
            let serials = Set(question.serials.prefix(MarkQuestion.serialLimit))
            return MarkAnswer(
                zone: question.zone,
                marks: latest(of: apex).filter { serials.contains($0.serial.number) }.map {
                    MarkAnswer.Mark(serial: $0.serial.number, digest: "\($0.digest)")
                })
        }
    }
}

extension MarkAnswer {
    /// By serial; what cannot be read is not there.
    var digests: [SerialNumber: Digest128] {
        marks.prefix(MarkQuestion.serialLimit).reduce(into: [:]) { digests, mark in
            digests[SerialNumber(mark.serial)] = Digest128(hexadecimal: mark.digest)
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
