import HTTPClient

/// An element of `rrsets` before anything is made of it.
struct RawSet: Hashable {
    /// A record of it.
    struct Record: Hashable {
        /// `nil` if it is no text.
        let content: String?
        /// It is kept but not served.
        let isDisabled: Bool
    }

    /// The owner, as the server writes it.
    var name = ""
    /// The type's mnemonic.
    var type = ""
    /// In seconds; any number.
    var ttl = 0
    /// In the server's order.
    var records: [Record] = []
    /// In the server's order.
    var comments: [Comment] = []
}

extension RawSet {
    /// Reads an element. Throws the name of the member that is not of the documented form.
    init(_ value: JSONValue) throws(Malformed) {
        guard let members = value.members else { throw Malformed(place: "") }
        guard case .string(let name)? = members["name"] else { throw Malformed(place: ".name") }
        guard case .string(let type)? = members["type"] else { throw Malformed(place: ".type") }
        guard case .array(let records)? = members["records"] else {
            throw Malformed(place: ".records")
        }
        guard let ttl = members["ttl"]?.integer else { throw Malformed(place: ".ttl") }
        self.name = name
        self.type = type
        self.ttl = ttl
        self.records = records.map { record in
            var content: String?
            if case .string(let text)? = record["content"] { content = text }
            return Record(content: content, isDisabled: record["disabled"]?.flag == true)
        }
        comments = (members["comments"]?.elements ?? []).compactMap { Comment($0) }
    }
}

/// What in a document is not of the documented form: the path from where it was read.
struct Malformed: Error {
    let place: String
}
