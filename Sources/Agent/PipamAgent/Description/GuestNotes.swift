package import Inventory

/// Reads the block in a guest's notes. The notes are a tenant's input: whatever stands in them, the
/// outcome is settings or a sentence about what is wrong, and nothing else comes of it.
package enum GuestNotes {
    /// The longest notes that are looked at, in octets of UTF-8. Proxmox allows 8,192
    /// characters, older versions more.
    package static let maximumOctets = 65_536
    /// Further names of one guest.
    package static let maximumAliases = 32
    /// Networks with a domain of their own.
    package static let maximumMappings = 32
    /// Further tags.
    package static let maximumTags = 64
    /// The longest tag, in octets.
    package static let maximumTagOctets = 128

    /// What came of reading.
    package struct Reading: Equatable, Sendable {
        /// What is asked for; nothing when there is no block or it is wrong.
        package var settings: GuestSettings
        /// What is wrong with the block and on which line of the notes; `nil` when nothing is.
        package var problem: String?

        /// Joins the two.
        package init(settings: GuestSettings = GuestSettings(), problem: String? = nil) {
            self.settings = settings
            self.problem = problem
        }
    }

    /// Reads notes as Proxmox's API returns them. A block with a mistake is left out as a whole,
    /// since half of what was asked for may be worse than nothing.
    package static func read(_ notes: String) -> Reading {
        guard notes.utf8.count <= maximumOctets else {
            return Reading(problem: "the notes are longer than \(maximumOctets) octets")
        }
        let blocks = FencedBlocks.find(in: Array(notes.utf8)).filter {
            $0.language.asciiLowercased == "pipam"
        }
        guard let block = blocks.first else { return Reading() }
        guard blocks.count == 1 else {
            return Reading(
                problem: "line \(blocks[1].firstLine - 1): a second pipam block; join the two")
        }
        return read(block)
    }

    private static func read(_ block: FencedBlocks.Block) -> Reading {
        do {
            let document = try TOMLDocument.read(block.content)
            return Reading(settings: try GuestSettingsDecoder.settings(of: document))
        } catch {
            let line = block.firstLine + error.line - 1
            return Reading(problem: "line \(line): \(error.reason)")
        }
    }
}
