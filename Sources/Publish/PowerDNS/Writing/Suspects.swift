import Zones

/// Groups that stood in a PATCH that was refused as a whole, kept from one chunk to the next: where
/// the time runs out before one is found guilty, the search goes on where it ended. Told by key and
/// by everything that would be written.
struct Suspects {
    private struct Suspicion {
        let octets: Int
        let size: Int
    }

    /// More are not remembered: all is forgotten then.
    static let maximum = 20_000

    private var suspicions: [RecordSetKey: Suspicion] = [:]

    /// Nobody is suspected.
    init() {}

    /// How many groups the smallest refused PATCH had in which this one stood; `nil` if in none.
    func size(_ group: EncodedGroup) -> Int? {
        guard let key = group.keys.first, let suspicion = suspicions[key],
            suspicion.octets == group.hashValue
        else { return nil }
        return suspicion.size
    }

    /// They were refused together.
    mutating func add(_ groups: [EncodedGroup]) {
        if suspicions.count + groups.count > Self.maximum { suspicions = [:] }
        for group in groups {
            guard let key = group.keys.first, size(group).map({ groups.count < $0 }) ?? true else {
                continue
            }
            suspicions[key] = Suspicion(octets: group.hashValue, size: groups.count)
        }
    }

    /// They were accepted.
    mutating func clear(_ groups: [EncodedGroup]) {
        guard !suspicions.isEmpty else { return }
        for key in groups.flatMap(\.keys) { suspicions[key] = nil }
    }
}
