import HTTPClient

/// A comment on a record set, as the API has it.
struct Comment: Hashable {
    /// Who wrote it; marks are told by this.
    let account: String
    /// What it says.
    let content: String
    /// Seconds since 1970; `nil` lets the server put the time.
    let modifiedAt: Int?
}

extension Comment {
    /// Reads an element of `comments`; `nil` if it is none.
    init?(_ value: JSONValue) {
        guard let content = value["content"]?.text else { return nil }
        self.init(
            account: value["account"]?.text ?? "", content: content,
            modifiedAt: value["modified_at"]?.integer)
    }

    /// Writes it as an element of `comments`.
    func write(to json: inout JSONWriter) {
        json.raw("{\"account\":")
        json.string(account)
        json.raw(",\"content\":")
        json.string(content)
        if let modifiedAt {
            json.raw(",\"modified_at\":")
            json.number(modifiedAt)
        }
        json.raw("}")
    }
}
