{
  const form = document.getElementById("passkey");
  const button = form.querySelector("button");
  const failed = document.getElementById("failed");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    failed.hidden = true;
    button.disabled = true; // browsers answer one question at a time
    try {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(form.dataset.options));
      const shown = await navigator.credentials.get({ publicKey });
      form.elements.answer.value = JSON.stringify(shown.toJSON());
      form.submit();
    } catch {
      failed.hidden = false;
    } finally {
      button.disabled = false;
    }
  });
}
