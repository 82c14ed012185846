// The API's document as a page, drawn by the local copy of Swagger UI.
const place = document.getElementById("api-docs");
const token = document.querySelector('meta[name="csrf-token"]')?.content;

window.SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
  requestInterceptor(request) {
    if (token) request.headers["X-CSRFToken"] = token;
    return request;
  },
});
