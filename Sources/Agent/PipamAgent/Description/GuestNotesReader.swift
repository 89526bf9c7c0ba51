import Synchronization

/// Reads notes and remembers what came of it, so that notes which stay the same are parsed once.
///
/// This is more than speed: TOMLKit 0.6.0 never frees a parsed table, about 2 KiB for a small
/// block, so parsing the same block at every collection would make the agent grow without end.
/// Any thread may call.
package final class GuestNotesReader: Sendable {
    /// Notes remembered before the older half is forgotten, in octets.
    package static let maximumOctets = 8 << 20

    /// Two generations: what is asked for moves into the younger one, and when that is full the
    /// older one goes.
    private struct Memory {
        var younger: [String: GuestNotes.Reading] = [:]
        var older: [String: GuestNotes.Reading] = [:]
        var youngerOctets = 0

        mutating func store(_ reading: GuestNotes.Reading, for notes: String) {
            let octets = notes.utf8.count
            if youngerOctets + octets > GuestNotesReader.maximumOctets / 2 {
                older = younger
                younger = [:]
                youngerOctets = 0
            }
            younger[notes] = reading
            youngerOctets += octets
        }
    }

    private let memory = Mutex(Memory())

    /// Remembers nothing yet.
    package init() {}

    /// As `GuestNotes.read`.
    package func read(_ notes: String) -> GuestNotes.Reading {
        // Notes without a fence are the rule, and cost less to look at than to remember.
        guard notes.utf8.count <= GuestNotes.maximumOctets, Self.mayHaveBlock(notes) else {
            return GuestNotes.read(notes)
        }
        return memory.withLock { memory in
            if let known = memory.younger[notes] { return known }
            let reading = memory.older[notes] ?? GuestNotes.read(notes)
            memory.store(reading, for: notes)
            return reading
        }
    }

    private static func mayHaveBlock(_ notes: String) -> Bool {
        notes.utf8.contains(UInt8(ascii: "`")) || notes.utf8.contains(UInt8(ascii: "~"))
    }
}
