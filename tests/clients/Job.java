import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The job with what Java brings: HttpClient for queries, and its lines for server-sent events. */
public class Job {
    static final HttpClient CLIENT = HttpClient.newHttpClient();
    static final String API = System.getenv("API");

    public static void main(String[] given) throws Exception {
        String lists = ask("{ templates(first: 50) { nodes { slug id } } "
            + "instances(first: 5) { nodes { id } } dashboards(first: 5) { nodes { id } } }");
        String template = find("campaign-performance\",\"id\":\"(tmpl_[0-9a-f]+)", lists);
        String instance = find("\"(inst_[0-9a-f]+)", lists);
        System.out.println("list");
        String made = ask("mutation { reportCreate(report: {name: \\\"Made by Java\\\", templateId: \\\""
            + template + "\\\", instanceId: \\\"" + instance + "\\\", parameters: {}}) { id } }");
        String report = find("\"(rpt_[0-9a-f]+)", made);
        System.out.println("create");
        String run = find("\"(exec_[0-9a-f]+)", ask("mutation { reportRun(id: \\\"" + report + "\\\") { id } }"));
        System.out.println("run");
        String last = CLIENT.send(
                request("subscription { execution(id: \\\"" + run + "\\\") { status rowCount } }", "text/event-stream"),
                HttpResponse.BodyHandlers.ofLines())
            .body().filter(line -> line.startsWith("data: {")).reduce((before, after) -> after).orElseThrow();
        find("\"status\":\"(COMPLETED)\"", last);
        System.out.println("watch");
        String dashboard = find("\"(dash_[0-9a-f]+)", lists);
        find("\"(wgt_[0-9a-f]+)", ask("{ dashboard(id: \\\"" + dashboard + "\\\") { widgets { id data { asOf } } } }"));
        System.out.println("dashboard");
        find("\"code\":\"(NOT_FOUND)\"", ask("{ report(id: \\\"rpt_00000000000000000000000000000000\\\") { id } }"));
        System.out.println("error");
    }

    static HttpRequest request(String query, String accept) {
        return HttpRequest.newBuilder(URI.create(API))
            .header("Content-Type", "application/json")
            .header("Accept", accept)
            .header("Authorization", "Bearer " + System.getenv("TOKEN"))
            .POST(HttpRequest.BodyPublishers.ofString("{\"query\": \"" + query + "\"}"))
            .build();
    }

    static String ask(String query) throws Exception {
        return CLIENT.send(request(query, "application/json"), HttpResponse.BodyHandlers.ofString()).body();
    }

    static String find(String pattern, String text) {
        Matcher found = Pattern.compile(pattern).matcher(text);
        if (!found.find()) throw new AssertionError(pattern + " is not in " + text);
        return found.group(1);
    }
}
