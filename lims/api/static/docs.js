// Shows the OpenAPI document. The bundle is loaded before (deferred scripts run in order) and puts this function here.
const place = document.getElementById("swagger");
window.SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  docExpansion: "none",
  displayRequestDuration: true,
  supportedSubmitMethods: ["get", "post", "put", "patch", "delete"],
  validatorUrl: null,
});
