// Shows the OpenAPI description that the page names, without inline code or styles.
const place = document.getElementById("api-docs");
window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  validatorUrl: null,
  persistAuthorization: false,
});
