package boxcar.intake;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class PathTreeTest {
    @Test
    void filesAndTheFoldersThatTheyLieInAreBoundedTogether() throws Exception {
        PathTree tree = new PathTree();
        for (int i = 0; i < PathTree.MOST / 64; i++) {
            tree.addFile("files[" + i + "].path", i + "/a".repeat(62) + "/file");
        }

        Refusal e = assertThrows(Refusal.class, () -> tree.addFile("files[128].path", "more"));

        assertEquals("files[128].path", e.rejection().field());
        assertEquals(
                "A job must have at most 8192 files and folders, but files[128].path 'more' is one"
                        + " more",
                e.getMessage());
    }
}
