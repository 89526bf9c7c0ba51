/// The version of this program.
package enum PipamVersion {
    /// As in CHANGELOG.md.
    package static let text = "0.1.0"
}
