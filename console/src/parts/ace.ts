/** The editor's engine, with what JSON needs; loaded when an editor is first shown. */
import "ace-builds/css/ace.css";
import "ace-builds/css/theme/cloud_editor.css";
import "ace-builds/css/theme/cloud_editor_dark.css";
import "./ace.css";

import ace from "ace-builds";
import "ace-builds/src-noconflict/ext-language_tools";
import "ace-builds/src-noconflict/ext-searchbox";
import "ace-builds/src-noconflict/mode-json";
import "ace-builds/src-noconflict/theme-cloud_editor";
import "ace-builds/src-noconflict/theme-cloud_editor_dark";

// The policy of the pages allows neither styles that scripts write nor workers out of texts.
ace.config.set("useStrictCSP", true);
ace.config.setDefaultValue("session", "useWorker", false);
ace.config.setDefaultValue("renderer", "showPrintMargin", false);

export default ace;
