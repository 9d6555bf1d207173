/** The style sheets that the whole console needs, in layers: whatever is loaded when, ours count more than theirs. */
import "@mantine/core/styles.layer.css";
import "mantine-datatable/styles.layer.css";
import "@/console/console.css";
