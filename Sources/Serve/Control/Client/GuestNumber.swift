extension ControlClient {
    /// The number of a guest that is named by its number, its name in Proxmox or a published name.
    /// Throws `notFound`, and `conflict` where several bear the name.
    package func guestNumber(_ text: String) async throws(ControlError) -> UInt32 {
        if let number = UInt32(text) { return number }
        let name = text.lowercased()
        let published = name.hasSuffix(".") ? name : name + "."
        let numbers = try await answer(to: .guests).guests.filter { guest in
            guest.name?.lowercased() == name || guest.names.contains(published)
        }.map(\.vmid)
        guard let number = numbers.first else {
            throw .notFound("there is no guest \(text)", remedy: "see pipamctl guest list")
        }
        guard numbers.count == 1 else {
            throw .conflict(
                "several guests are named \(text): "
                    + numbers.map(String.init).joined(separator: ", "),
                remedy: "name one by its number")
        }
        return number
    }
}
