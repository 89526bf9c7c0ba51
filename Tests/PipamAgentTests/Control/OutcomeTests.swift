import ClusterState
import Consensus
import Control
import Testing

@testable import PipamAgent

/// What whoever asked for a change is told of one that did not come about.
@Suite struct OutcomeTests {
    private static let errors: [StateKeeperError] = [
        .left(.notMember), .unknown, .expired, .unreachable(.stopped), .busy, .tooLarge, .stopped,
    ]

    @Test(arguments: errors)
    func onlyWhatMayHaveBeenDoneIsUnknown(error: StateKeeperError) {
        switch ControlError(error) {
        case .unknownOutcome: #expect(error == .unknown)
        case .unavailable: #expect(error != .unknown)
        default: Issue.record("\(error)")
        }
    }

    @Test(arguments: errors)
    func theRemedyIsToldOnce(error: StateKeeperError) {
        let text = "\(ControlError(error))"
        #expect(text.split(separator: "pipamctl").count <= 2, "\(text)")
    }
}
