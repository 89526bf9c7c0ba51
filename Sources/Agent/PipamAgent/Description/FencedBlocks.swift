import Inventory

/// Finds fenced code blocks in Markdown (CommonMark 0.31.2 section 4.5). Blocks inside quotes or
/// lists, whose lines begin with those marks, are not looked for.
enum FencedBlocks {
    /// What stands between two fences.
    struct Block: Equatable {
        /// What stands behind the opening fence, without white space at the ends.
        var info: String
        /// The line of the notes that the content begins on, counted from 1.
        var firstLine: Int
        /// The content, each line ended by a line feed, the fence's indentation taken off.
        var content: [UInt8]

        /// The first word behind the opening fence, as CommonMark's renderers take it. What follows
        /// is for others.
        var language: Substring {
            info.prefix { $0 != " " && $0 != "\t" }
        }
    }

    /// A line of three or more backticks or tildes.
    private struct Fence {
        let mark: UInt8
        let length: Int
        let indentation: Int
        let info: ArraySlice<UInt8>

        /// `nil` for a line that is no fence: indented by four or more, too short, or with a
        /// backtick behind backticks, which makes it a code span.
        init?(_ line: ArraySlice<UInt8>) {
            let unindented = line.drop { $0 == UInt8(ascii: " ") }
            indentation = line.count - unindented.count
            guard indentation <= 3, let mark = unindented.first, "`~".utf8.contains(mark) else {
                return nil
            }
            let info = unindented.drop { $0 == mark }
            length = unindented.count - info.count
            guard length >= 3, mark != UInt8(ascii: "`") || !info.contains(mark) else { return nil }
            self.mark = mark
            self.info = FencedBlocks.trimmed(info)
        }

        /// This line ends the block that `opening` began.
        func closes(_ opening: Fence) -> Bool {
            mark == opening.mark && length >= opening.length && info.isEmpty
        }
    }

    /// All blocks, in order. One that is not closed runs to the end.
    static func find(in text: [UInt8]) -> [Block] {
        var blocks: [Block] = []
        var opening: Fence?
        for (index, line) in lines(of: text).enumerated() {
            let fence = Fence(line)
            if let current = opening {
                if let fence, fence.closes(current) {
                    opening = nil
                } else {
                    let content = unindented(line, by: current.indentation)
                    blocks[blocks.count - 1].content += content + [UInt8(ascii: "\n")]
                }
            } else if let fence {
                let info = String(decoding: fence.info, as: UTF8.self)
                blocks.append(Block(info: info, firstLine: index + 2, content: []))
                opening = fence
            }
        }
        return blocks
    }

    /// Lines end with a line feed, a carriage return, or both.
    private static func lines(of text: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = 0
        for (index, byte) in text.enumerated() {
            guard byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") else { continue }
            let follows = index > 0 && text[index - 1] == UInt8(ascii: "\r")
            if byte != UInt8(ascii: "\n") || !follows { lines.append(text[start..<index]) }
            start = index + 1
        }
        return start < text.count ? lines + [text[start...]] : lines
    }

    private static func unindented(_ line: ArraySlice<UInt8>, by limit: Int) -> ArraySlice<UInt8> {
        let spaces = line.prefix { $0 == UInt8(ascii: " ") }.count
        return line.dropFirst(min(spaces, limit))
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let front = text.drop(while: isBlank)
        guard let last = front.lastIndex(where: { !isBlank($0) }) else { return [] }
        return front[...last]
    }
}
