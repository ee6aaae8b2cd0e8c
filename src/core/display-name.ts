/** Display names for resources whose contract name is abbreviated or ambiguous. */
const displayNames: Readonly<Record<string, string>> = {
  ApiKey: "API key",
  Business: "location",
  ExternalApi: "external API",
  IvrFlow: "IVR flow",
  LifeCycle: "life cycle stage",
  PackageService: "package item",
  Service: "catalog service",
  Staff: "staff member",
  VipLevel: "VIP level",
};

/** The name of a resource within a sentence: `TagGroup` becomes "tag group". */
export function displayName(resource: string): string {
  return displayNames[resource] ?? resource.replace(/(?!^)[A-Z]/g, " $&").toLowerCase();
}

/** The name of a resource at the start of a sentence. */
export function leadingDisplayName(resource: string): string {
  const name = displayName(resource);
  return name.charAt(0).toUpperCase() + name.slice(1);
}
