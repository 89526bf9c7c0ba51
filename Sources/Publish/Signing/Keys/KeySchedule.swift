package import Zones

/// What becomes of a zone's keys, and when.
package enum KeySchedule {
    /// What the keys of a zone are that is signed for the first time; all are active at once.
    package static func firstRoles(_ policy: SigningPolicy) -> [ZoneKey.Role] {
        policy.usesSeparateKeys ? [.keySigning, .zoneSigning] : [.combined]
    }
}
