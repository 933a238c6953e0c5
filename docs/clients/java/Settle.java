// mi serve 的 Java 示例（Java 8 写法，无第三方库）：查询参保人，读取错误，用操作号查询结果。
// 编译：javac -encoding UTF-8 Settle.java；运行：java Settle http://127.0.0.1:8790 令牌 机构编号 证件号码 姓名

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.Charset;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

public final class Settle {
    // 也可以用 UTF-8；GB18030 含全部汉字，生僻字不会丢失（GBK 会）。
    private static final Charset CHARSET = Charset.forName("GB18030");

    static final class Reply {
        final int status;
        final String body;

        Reply(int status, String body) {
            this.status = status;
            this.body = body;
        }

        // 错误是一层的 JSON：code message field hint operation 总是有的文本。
        String text(String name) {
            Matcher found = Pattern.compile("\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*)\"").matcher(body);
            return found.find() ? found.group(1).replace("\\\"", "\"").replace("\\\\", "\\") : "";
        }

        // 金额按十进制原文取出，转 BigDecimal，不经过 double。
        BigDecimal amount(String name) {
            Matcher found = Pattern.compile("\"" + name + "\":(-?[0-9]+(?:\\.[0-9]+)?)").matcher(body);
            if (!found.find()) {
                throw new IllegalArgumentException("回参没有 " + name);
            }
            return new BigDecimal(found.group(1));
        }
    }

    static Reply send(String method, String url, String token, String body, String key) throws IOException {
        HttpURLConnection line = (HttpURLConnection) new URL(url).openConnection();
        line.setRequestMethod(method);
        line.setConnectTimeout(5000);
        line.setReadTimeout(150000); // 比服务的时限长；超时、断线后用同一个 Idempotency-Key 再提交一次，不会重办
        line.setRequestProperty("Authorization", "Bearer " + token);
        line.setRequestProperty("Accept", "application/json; charset=gb18030");
        // 变更类交易（结算、退费、登记……）必须给出：本单的唯一编号，重试时用同一个，另一单用另一个。
        if (key != null) {
            line.setRequestProperty("Idempotency-Key", key);
        }
        if (body != null) {
            byte[] bytes = body.getBytes(CHARSET);
            line.setDoOutput(true);
            line.setFixedLengthStreamingMode(bytes.length);
            line.setRequestProperty("Content-Type", "application/json; charset=gb18030");
            try (OutputStream output = line.getOutputStream()) {
                output.write(bytes);
            }
        }
        int status = line.getResponseCode();
        try (InputStream input = status < 400 ? line.getInputStream() : line.getErrorStream()) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            byte[] part = new byte[8192];
            for (int n = input.read(part); n >= 0; n = input.read(part)) {
                all.write(part, 0, n);
            }
            return new Reply(status, new String(all.toByteArray(), CHARSET));
        } finally {
            line.disconnect();
        }
    }

    static String quoted(String text) {
        StringBuilder made = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                made.append('\\').append(c);
            } else if (c < ' ') {
                made.append(String.format("\\u%04x", (int) c));
            } else {
                made.append(c);
            }
        }
        return made.append('"').toString();
    }

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        String place = arguments[0] + "/v1/institutions/" + arguments[2];
        String number = quoted(arguments[3]);
        String input = "{\"input\":{\"data\":{\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":" + number
                + ",\"psn_cert_type\":\"01\",\"certno\":" + number + ",\"psn_name\":" + quoted(arguments[4]) + "}}}";
        Reply person = send("POST", place + "/calls/1101", arguments[1], input, null);
        if (person.status != 200) {
            out.println("失败 " + person.text("code") + "：" + person.text("message") + "；" + person.text("hint"));
            System.exit(1);
        }
        out.println("姓名 " + person.text("psn_name") + " 余额 " + person.amount("balc").toPlainString());

        Reply wrong = send("POST", place + "/calls/2207", arguments[1], "{\"input\":{\"data\":{}}}", "bill-1");
        out.println(wrong.status + " " + wrong.text("code") + " " + wrong.text("field"));

        Reply operation = send("GET", place + "/operations/" + person.text("operation"), arguments[1], null, null);
        out.println("操作 " + operation.text("status"));
    }
}
