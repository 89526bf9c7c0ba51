extension MetricFamily {
    /// The text exposition format (version 0.0.4) of some families.
    static func text(_ families: [MetricFamily]) -> String {
        families.map(\.text).joined()
    }

    /// The type that goes with the text.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var text: String {
        "# HELP \(name) \(help.escaped(quote: false))\n# TYPE \(name) \(kind.rawValue)\n"
            + samples.map { sample in
                "\(name)\(sample.suffix)\(Self.text(sample.labels)) \(Self.text(sample.value))\n"
            }.joined()
    }

    private static func text(_ labels: [Label]) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { "\($0.name)=\"\($0.value.escaped(quote: true))\"" }
        return "{\(pairs.joined(separator: ","))}"
    }

    /// Prometheus reads Go's forms of numbers.
    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return Int64(exactly: value).map(String.init) ?? "\(value)"
    }
}

extension String {
    fileprivate func escaped(quote: Bool) -> String {
        var escaped = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quote: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
