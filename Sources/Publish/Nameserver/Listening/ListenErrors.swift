import Glibc

extension NameserverError {
    /// What an errno means when an endpoint is bound.
    init(errno number: Int32, endpoint: Endpoint, transport: Transport) {
        switch number {
        case EADDRINUSE:
            self = .endpointInUse(endpoint, transport: transport)
        case EACCES, EPERM:
            self = .endpointForbidden(endpoint, transport: transport)
        case EADDRNOTAVAIL:
            self = .addressNotHere(endpoint, transport: transport)
        default:
            self = .endpointFailed(
                endpoint, transport: transport, reason: String(cString: strerror(number)))
        }
    }
}
