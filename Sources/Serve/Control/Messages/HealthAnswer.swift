/// Whether all is well: what `GET /v1/health` answers, with status 200 if it is and 503 if not.
package struct HealthAnswer: Codable, Hashable, Sendable {
    /// Every check passed.
    package let isHealthy: Bool
    /// What was looked at.
    package let checks: [Check]

    /// Joins the parts; what can be missing or empty is unless given.
    package init(isHealthy: Bool, checks: [Check] = []) {
        self.isHealthy = isHealthy
        self.checks = checks
    }
}

extension HealthAnswer {
    /// One thing that was looked at.
    package struct Check: Codable, Hashable, Sendable {
        /// What it is: "source proxmox", "provider powerdns".
        package let name: String
        /// It is as it should be.
        package let isHealthy: Bool
        /// How it stands, in one sentence.
        package let message: String
        /// What a person can do; missing when nothing needs to be done.
        package let remedy: String?

        /// Joins the parts; what can be missing or empty is unless given.
        package init(name: String, isHealthy: Bool, message: String, remedy: String? = nil) {
            self.name = name
            self.isHealthy = isHealthy
            self.message = message
            self.remedy = remedy
        }
    }
}
