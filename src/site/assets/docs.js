// Shows the reference. Runs in the browser, after Swagger UI.
const dark = matchMedia("(prefers-color-scheme: dark)");
const followColors = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
followColors();
dark.addEventListener("change", followColors);

// The banner of a demo has the key in the part of the address that browsers never send. It does not stay in the address bar.
const [, key] = /^#key=([\x21-\x7e]+)$/.exec(location.hash) ?? [];
if (key !== undefined) history.replaceState(null, "", location.pathname);

const reference = SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  docExpansion: "none",
  defaultModelsExpandDepth: -1,
  displayRequestDuration: true,
  filter: true,
  // Nothing is sent to other sites.
  validatorUrl: null,
  onComplete() {
    if (key !== undefined) reference.preauthorizeApiKey("bearer", decodeURIComponent(key));
  },
});
