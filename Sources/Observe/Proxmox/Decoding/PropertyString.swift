/// Proxmox's `key=value,key=value` with at most one value without key (PVE::JSONSchema,
/// parse_property_string). A value never contains a comma.
struct PropertyString {
    /// The last value of each key.
    private(set) var values: [String: String] = [:]
    /// In the order of the text.
    private(set) var pairs: [(key: String, value: String)] = []
    /// The value without key; `nil` when there is none.
    private(set) var bare: String?

    /// More pairs than any of Proxmox's formats has.
    private static let maximumPairs = 64

    init(_ text: some StringProtocol) {
        for part in text.split(separator: ",").prefix(Self.maximumPairs) {
            guard let equals = part.firstIndex(of: "=") else {
                bare = bare ?? String(part)
                continue
            }
            let key = String(part[..<equals])
            let value = String(part[part.index(after: equals)...])
            values[key] = value
            pairs.append((key, value))
        }
    }

    subscript(_ key: String) -> String? { values[key] }
}
