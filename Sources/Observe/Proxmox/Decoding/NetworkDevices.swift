import HTTPClient
import Inventory

/// A configuration's netN and ipconfigN (PVE::QemuServer::Network, PVE::LXC::Config).
enum NetworkDevices {
    /// N is 0...31.
    private static let count = 32

    /// The interfaces, sorted by key, each with the addresses that the configuration gives it.
    static func interfaces(in members: [String: JSONValue], kind: Guest.Kind) -> [GuestInterface] {
        let hasCloudInit = kind == .qemu && Self.hasCloudInit(members)
        let interfaces = (0..<count).compactMap { index -> GuestInterface? in
            guard let text = members["net\(index)"]?.text else { return nil }
            let properties = PropertyString(text)
            var interface = interface(key: "net\(index)", properties, kind: kind)
            switch kind {
            case .lxc:
                interface.addresses = containerAddresses(properties)
            case .qemu where hasCloudInit:
                let wish = members["ipconfig\(index)"]?.text ?? ""
                interface.addresses = cloudInitAddresses(PropertyString(wish))
            case .qemu:
                break
            }
            return interface
        }
        return interfaces.sorted { $0.key < $1.key }
    }

    private static func interface(
        key: String, _ properties: PropertyString, kind: Guest.Kind
    ) -> GuestInterface {
        var interface = GuestInterface(key: key)
        let mac = kind == .lxc ? properties["hwaddr"] : machineMAC(properties)
        interface.mac = mac.flatMap { MACAddress($0) }.flatMap { $0.isMulticast ? nil : $0 }
        if kind == .lxc { interface.guestName = properties["name"]?.bounded(to: Bounds.text) }
        interface.bridge = properties["bridge"]?.bounded(to: Bounds.text)
        interface.vlan = properties["tag"].flatMap { Int($0) }.flatMap { VLANID($0) }
        interface.isLinkDown = properties["link_down"].flatMap { JSONValue.flag($0) } ?? false
        return interface
    }

    /// `virtio=BC:...`, or `model=virtio,macaddr=BC:...`. No MAC: QEMU draws one at each start.
    private static func machineMAC(_ properties: PropertyString) -> String? {
        if let mac = properties["macaddr"] { return mac }
        return properties.pairs.first { isModel($0.key) }?.value
    }

    private static func isModel(_ key: String) -> Bool {
        switch key {
        case "virtio", "e1000", "e1000e", "ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "vmxnet3":
            true
        default:
            key.hasPrefix("e1000-") || key.hasPrefix("i8255")
        }
    }

    // MARK: Addresses

    private static func containerAddresses(_ properties: PropertyString) -> [GuestAddress] {
        [literal(properties["ip"], bits: 32), literal(properties["ip6"], bits: 128)]
            .compactMap { $0 }.map { GuestAddress($0, origin: .configured) }.sorted()
    }

    /// What cloud-init is told to set. Proxmox ignores the whole value when a gateway has no
    /// address of its family or an address no prefix (PVE::QemuServer::Cloudinit).
    private static func cloudInitAddresses(_ properties: PropertyString) -> [GuestAddress] {
        var addresses: [GuestAddress] = []
        for (key, gateway, bits) in [("ip", "gw", 32), ("ip6", "gw6", 128)] {
            let text = properties[key]
            let address = literal(text, bits: bits)
            let isWord = text == nil || text == "dhcp" || (text == "auto" && bits == 128)
            guard address != nil || isWord else { return [] }
            guard address != nil || properties[gateway] == nil else { return [] }
            if let address { addresses.append(GuestAddress(address, origin: .cloudInit)) }
        }
        return addresses.sorted()
    }

    private static func literal(_ text: String?, bits: Int) -> InterfaceAddress? {
        guard let address = text.flatMap({ InterfaceAddress($0) }),
            address.address.bitWidth == bits
        else { return nil }
        return address
    }

    /// A cloud-init drive is a CD-ROM whose volume is named after it.
    private static func hasCloudInit(_ members: [String: JSONValue]) -> Bool {
        members.contains { key, value in
            let isDrive = ["ide", "scsi", "sata"].contains { bus in
                key.hasPrefix(bus) && Int(key.dropFirst(bus.count)) != nil
            }
            return isDrive && value.text?.contains("cloudinit") == true
        }
    }
}
