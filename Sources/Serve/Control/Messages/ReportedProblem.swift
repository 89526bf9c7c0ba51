/// Something that a person has to look at.
package struct ReportedProblem: Codable, Hashable, Sendable {
    /// What it is about: "powerdns example.com.", "node pve2", "guest 101".
    package let about: String
    /// What is wrong, in one sentence.
    package let message: String
    /// What to do; empty when nothing can be done but wait.
    package let remedy: String

    /// Joins the parts; what can be missing or empty is unless given.
    package init(about: String, message: String, remedy: String) {
        self.about = about
        self.message = message
        self.remedy = remedy
    }
}
