/// The description of the API that `GET /v1/openapi.yaml` answers with: openapi.yaml beside this
/// file, which the build embeds.
enum OpenAPIDocument {
    static let text = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)
}
