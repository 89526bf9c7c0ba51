/// Finds what somebody may have meant.
enum EditDistance {
    /// The candidate that takes the fewest insertions, deletions, replacements and swaps of
    /// neighbours to reach, if these are few for its length. The first in order of the alphabet
    /// when several are as near. `nil` when none is near.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        // Longer words are no typing errors, and the work grows with the product of the lengths.
        guard word.utf8.count <= 64 else { return nil }
        let limit = max(1, word.utf8.count / 3)
        let rated = candidates.map { (distance: between(word, $0), candidate: $0) }
        let best = rated.filter { $0.distance <= limit }.min {
            ($0.distance, $0.candidate) < ($1.distance, $1.candidate)
        }
        return best?.candidate
    }

    /// Optimal string alignment distance, letter case apart.
    static func between(_ left: String, _ right: String) -> Int {
        let left = Array(left.lowercased().utf8)
        let right = Array(right.lowercased().utf8)
        var rows = [Array(0...right.count)]
        for (i, leftByte) in left.enumerated() {
            var row = [i + 1]
            for (j, rightByte) in right.enumerated() {
                let replaced = rows[i][j] + (leftByte == rightByte ? 0 : 1)
                var cost = min(rows[i][j + 1] + 1, row[j] + 1, replaced)
                if i > 0, j > 0, leftByte == right[j - 1], left[i - 1] == rightByte {
                    cost = min(cost, rows[i - 1][j - 1] + 1)
                }
                row.append(cost)
            }
            rows.append(row)
        }
        return rows[left.count][right.count]
    }
}
