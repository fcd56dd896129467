import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const FONT = /url\(["']?data:font\/woff2;base64,([A-Za-z0-9+/=]+)["']?\)/g;
const QUALITY = { [constants.BROTLI_PARAM_QUALITY]: 9 }; // the best takes ten times as long for a twentieth
const SHORT = 1024; // bytes; what is no longer is sent as it is

/** Cloudscape carries its fonts inside its style sheet; as files of their own they hold no page up. */
function fontsApart(): Plugin {
  return {
    name: "fonts-apart",
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type !== "asset" || !file.fileName.endsWith(".css")) continue;
        file.source = String(file.source).replace(FONT, (_, encoded: string) => {
          const source = Buffer.from(encoded, "base64");
          const name = `font-${createHash("sha256").update(source).digest("hex").slice(0, 12)}.woff2`;
          this.emitFile({ type: "asset", fileName: `assets/${name}`, source });
          return `url(./${name})`;
        });
      }
    },
  };
}

const SORTABLE = "/internal/components/sortable-area";

/** Cloudscape's frame brings a library for dragging along, for lists that no page here has: it is fetched when one is shown. */
function sortingApart(): Plugin {
  return {
    name: "sorting-apart",
    enforce: "pre",
    async resolveId(source, importer) {
      if (!source.endsWith(SORTABLE) || importer?.startsWith("\0")) return null;
      const found = await this.resolve(source, importer, { skipSelf: true });
      return found && `\0sortable:${found.id}`;
    },
    load(id) {
      if (!id.startsWith("\0sortable:")) return null;
      return `import { lazy } from "react"; export default lazy(() => import(${JSON.stringify(id.slice(10))}));`;
    },
  };
}

/** The server compresses nothing: each file also lies there as gzip and brotli. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    writeBundle({ dir }) {
      const assets = join(dir!, "assets");
      for (const name of readdirSync(assets)) {
        const content = readFileSync(join(assets, name));
        if (content.length <= SHORT || name.endsWith(".woff2")) continue;
        writeFileSync(join(assets, `${name}.gz`), gzipSync(content, { level: 9 }));
        writeFileSync(join(assets, `${name}.br`), brotliCompressSync(content, { params: QUALITY }));
      }
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [fontsApart(), sortingApart(), react(), compressed()],
  build: {
    outDir: "../src/iamd/console/dist",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the policy of the pages allows no script from data
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: "es2022",
  },
});
