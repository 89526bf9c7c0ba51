import Zones

/// Goes through the changes of a zone as an incremental transfer has them (RFC 1995 section 4): the
/// present SOA, then for each step the SOA before it, what went, the SOA behind it, what came, and
/// the present SOA once more.
struct JournalWalk {
    private let start: ZoneJournal.Start
    private let steps: [ZoneJournal.Step]
    /// Counts the parts: one in front, four for each step, one behind.
    private var part = 0
    /// Where in the part the next record begins, counted from the part's start.
    private var offset = 0

    /// `nil` if there is no step.
    init?(from start: ZoneJournal.Start, steps: [ZoneJournal.Step]) {
        guard !steps.isEmpty else { return nil }
        self.start = start
        self.steps = steps
    }

    /// Puts records into a message until it is full: `true` after the last record.
    mutating func fill(_ message: inout ReplyMessage) -> Bool {
        while part < 4 * steps.count + 2 {
            let (octets, range) = content(of: part)
            while range.lowerBound + offset < range.upperBound {
                let begin = range.lowerBound + offset
                guard let end = TransferForm.recordEnd(octets, at: begin) else {
                    preconditionFailure("a journal with \(octets.count - begin) octets left over")
                }
                guard message.append(EmptyCollection(), octets[begin..<end]) else { return false }
                offset += end - begin
            }
            part += 1
            offset = 0
        }
        return true
    }

    private func content(of part: Int) -> (octets: [UInt8], range: Range<Int>) {
        guard part > 0, part <= 4 * steps.count else { return authority(behind: steps.count) }
        let (step, kind) = ((part - 1) / 4, (part - 1) % 4)
        let octets = steps[step].octets
        switch kind {
        case 0: return authority(behind: step)
        case 1: return (octets, steps[step].removedOffset..<steps[step].addedOffset)
        case 2: return authority(behind: step + 1)
        default: return (octets, steps[step].addedOffset..<octets.count)
        }
    }

    /// The SOA record after so many steps.
    private func authority(behind count: Int) -> (octets: [UInt8], range: Range<Int>) {
        guard count > 0 else { return (start.authority, 0..<start.authority.count) }
        let step = steps[count - 1]
        return (step.octets, 0..<step.removedOffset)
    }
}
