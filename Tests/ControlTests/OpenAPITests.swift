import Foundation
import Testing

@testable import Control

/// The document against the code. What it says of answers is checked by schemathesis.
@Suite struct OpenAPITests {
    private let lines = OpenAPIDocument.text.split(
        separator: "\n", omittingEmptySubsequences: false
    )
    .map(String.init)

    @Test func theProgramHoldsTheFile() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Sources/Serve/Control/openapi.yaml")
        #expect(try String(contentsOf: file, encoding: .utf8) == OpenAPIDocument.text)
    }

    @Test func everyRouteIsDescribedAndEveryDescribedOneServed() throws {
        var described: Set<String> = []
        var path = ""
        let start = try #require(lines.firstIndex(of: "paths:"))
        for line in lines[(start + 1)...].prefix(while: { $0.hasPrefix(" ") }) {
            if let match = line.wholeMatch(of: #/  (\/.*):/#) { path = String(match.1) }
            if let match = line.wholeMatch(of: #/    (get|post|put|patch|delete|head):/#) {
                described.insert("\(match.1.uppercased()) \(path)")
            }
        }
        #expect(described == Set(Route.all.map { "\($0.method) \($0.template)" }))
    }

    @Test func theBoundsAreThoseOfTheServer() {
        let text = OpenAPIDocument.text
        #expect(text.contains("maxLength: \(RequestFields.maximumNameOctets)\n"))
        #expect(text.contains("maxLength: \(RequestFields.maximumProviderOctets)\n"))
        #expect(text.contains("maxLength: \(RequestFields.maximumTypeOctets)\n"))
        #expect(text.contains("maximum: \(Route.maximumEventLimit)\n"))
        #expect(ControlSettings.maximumTargetOctets == 8192)
        #expect(ControlSettings.maximumHeaderOctets == 64 << 10)
        #expect(ControlSettings.maximumBodyOctets == 1 << 20)
        #expect(ControlSettings.maximumConnections == 64)
        let settings = ControlSettings()
        #expect(settings.questionDeadline == .seconds(30))
        #expect(settings.actionDeadline == .seconds(600))
    }

    @Test func everyStateOfTheCodeIsDescribed() {
        let words = [
            StatusAnswer.SourceState.allCases.map(\.rawValue),
            StatusAnswer.ProviderState.allCases.map(\.rawValue),
            EntryState.State.allCases.map(\.rawValue), ZonePlan.Action.allCases.map(\.rawValue),
            Event.Kind.allCases.map(\.rawValue),
            ClusterStatusAnswer.Standing.allCases.map(\.rawValue),
            ClusterStatusAnswer.Role.allCases.map(\.rawValue),
            ClusterStatusAnswer.PendingKind.allCases.map(\.rawValue),
            ClusterMember.Kind.allCases.map(\.rawValue),
            ClusterMember.State.allCases.map(\.rawValue),
            ConfigApplyAnswer.Outcome.allCases.map(\.rawValue),
            AddressStrategy.allCases.map(\.rawValue),
            AddressClaim.State.allCases.map(\.rawValue),
            RecordChangeAnswer.Outcome.allCases.map(\.rawValue),
            RecordItem.Origin.allCases.map(\.rawValue),
            SigningStanding.State.allCases.map(\.rawValue),
            SigningAlgorithm.allCases.map(\.rawValue),
            SigningDenial.allCases.map(\.rawValue),
            SigningKeyItem.Role.allCases.map(\.rawValue),
            SigningKeyItem.Stage.allCases.map(\.rawValue),
        ]
        for list in words {
            let line = "      enum: [\(list.joined(separator: ", "))]"
            #expect(lines.contains(line), "\(line)")
        }
        for list in [
            ControlError.Code.allCases.map(\.rawValue),
            AddressConflict.Reason.allCases.map(\.rawValue),
        ] {
            let text = "      enum:\n" + list.map { "        - \($0)\n" }.joined()
            #expect(OpenAPIDocument.text.contains(text), "\(text)")
        }
    }

    /// Whoever reads replicated state can say how, and it is said what holds unless they do.
    @Test func whatIsReadInTwoWaysIsDescribed() throws {
        let text = OpenAPIDocument.text
        for route in Route.all where route.kind == .question {
            let start = try #require(text.range(of: "  \(route.template):\n    get:\n"))
            let operation = text[start.upperBound...]
            let own = operation[..<(operation.range(of: "\n  /")?.lowerBound ?? operation.endIndex)]
            #expect(own.contains("parameters/StaleUnlessTold") == (route.reading == .stale))
            #expect(own.contains("parameters/StaleIfTold") == (route.reading == .linearizable))
        }
    }

    @Test func theBoundsOfClustersAndAddressesAreThoseOfTheServer() {
        let text = OpenAPIDocument.text
        for bound in [
            "maxLength: \(RequestFields.maximumNodeOctets)",
            "maxLength: \(RequestFields.maximumSubnetOctets)",
            "maxLength: \(RequestFields.maximumAddressOctets)",
            "maxLength: \(RequestFields.maximumRoutingDomainOctets)",
            "maxLength: \(AddressClaimRequest.maximumKeyOctets)",
            "maxLength: \(ClusterTokenAnswer.maximumOctets)",
            "maxLength: \(ClusterJoinRequest.maximumAddressOctets)",
            "maximum: \(AddressClaimRequest.lifeSecondsBounds.upperBound)",
            "default: \(AddressClaimRequest.defaultLifeSeconds)",
            "minimum: \(ClusterTokenRequest.expirySecondsBounds.lowerBound)",
            "maximum: \(ClusterTokenRequest.expirySecondsBounds.upperBound)",
            "default: \(ClusterTokenRequest.defaultExpirySeconds)",
            "maxItems: \(HeldSettings.listedNames)",
        ] { #expect(text.contains(bound + "\n"), "\(bound)") }
    }
}
