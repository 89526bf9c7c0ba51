/// What guests call themselves is tenants' input: it must neither drive a terminal nor begin a line
/// of a log.
extension String {
    /// The text with everything that is no visible character or space as an escape, `\u{1B}`.
    package var printable: String {
        guard unicodeScalars.contains(where: { !$0.isPrintable }) else { return self }
        return unicodeScalars.map { $0.isPrintable ? String($0) : $0.escaped(asASCII: true) }
            .joined()
    }
}

extension Unicode.Scalar {
    /// False for control characters, for those that begin a line, and for those that only change
    /// how others look, such as the ones that turn the direction of writing.
    package var isPrintable: Bool {
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
