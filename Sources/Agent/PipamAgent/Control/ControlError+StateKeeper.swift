import Control

extension ControlError {
    /// Why commands were not carried out. Told apart for whoever asks: that they were not, and that
    /// they may have been.
    init(_ error: StateKeeperError) {
        switch error {
        case .unknown:
            self = .unknownOutcome(
                "\(error)", remedy: "ask again: what was done is not done twice")
        case .expired:
            self = .unavailable(
                "\(error)", remedy: "pipamctl cluster members --stale lists the voters")
        case .refused, .left, .unreachable:
            self = .unavailable("\(error)", remedy: "pipamctl cluster status")
        // They say what to do, or there is nothing to do.
        case .busy, .tooLarge, .stopped:
            self = .unavailable("\(error)", remedy: "")
        }
    }
}
