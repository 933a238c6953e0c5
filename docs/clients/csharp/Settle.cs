// mi serve 的 C# 示例（.NET Framework 4.5 / mono，无第三方库）：查询参保人，读取错误，用操作号查询结果。
// 编译：csc Settle.cs（或 mcs Settle.cs）；运行：Settle.exe http://127.0.0.1:8790 令牌 机构编号 证件号码 姓名
using System;
using System.Globalization;
using System.IO;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;

public static class Settle
{
    // 服务按 UTF-8 或 GB18030 应答；这里用 UTF-8，生僻字不会丢失。
    private static readonly Encoding Utf8 = new UTF8Encoding(false);

    public sealed class Reply
    {
        public int Status;
        public string Body;

        // 错误是一层的 JSON：code message field hint operation 总是有的文本。
        public string Text(string name)
        {
            Match found = Regex.Match(Body, "\"" + name + "\":\"((?:[^\"\\\\]|\\\\.)*)\"");
            return found.Success ? Regex.Unescape(found.Groups[1].Value) : "";
        }

        // 金额按十进制原文取出，转 decimal，不经过 double。
        public decimal Amount(string name)
        {
            Match found = Regex.Match(Body, "\"" + name + "\":(-?[0-9]+(?:\\.[0-9]+)?)");
            if (!found.Success) throw new FormatException("回参没有 " + name);
            return decimal.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
        }
    }

    public static Reply Send(string method, string url, string token, string body, string key)
    {
        HttpWebRequest request = (HttpWebRequest)WebRequest.Create(url);
        request.Method = method;
        request.Proxy = null;
        request.Timeout = 150000; // 比服务的时限长；超时、断线后用同一个 Idempotency-Key 再提交一次，不会重办
        request.Headers["Authorization"] = "Bearer " + token;
        // 变更类交易（结算、退费、登记……）必须给出：本单的唯一编号，重试时用同一个，另一单用另一个。
        if (key != null) request.Headers["Idempotency-Key"] = key;
        if (body != null)
        {
            byte[] bytes = Utf8.GetBytes(body);
            request.ContentType = "application/json; charset=utf-8";
            request.ContentLength = bytes.Length;
            using (Stream output = request.GetRequestStream()) output.Write(bytes, 0, bytes.Length);
        }
        HttpWebResponse response;
        try { response = (HttpWebResponse)request.GetResponse(); }
        catch (WebException error)
        {
            response = error.Response as HttpWebResponse;
            if (response == null) throw; // 没有应答：服务没有启动，或网络中断
        }
        using (response)
        using (StreamReader reader = new StreamReader(response.GetResponseStream(), Utf8))
        {
            Reply reply = new Reply();
            reply.Status = (int)response.StatusCode;
            reply.Body = reader.ReadToEnd();
            return reply;
        }
    }

    public static string Quoted(string text)
    {
        StringBuilder made = new StringBuilder("\"");
        foreach (char c in text)
        {
            if (c == '"' || c == '\\') made.Append('\\').Append(c);
            else if (c < ' ') made.Append("\\u").Append(((int)c).ToString("x4"));
            else made.Append(c);
        }
        return made.Append('"').ToString();
    }

    public static int Main(string[] arguments)
    {
        Console.OutputEncoding = Utf8;
        string place = arguments[0] + "/v1/institutions/" + arguments[2];
        string input = "{\"input\":{\"data\":{\"mdtrt_cert_type\":\"02\",\"mdtrt_cert_no\":" + Quoted(arguments[3])
            + ",\"psn_cert_type\":\"01\",\"certno\":" + Quoted(arguments[3]) + ",\"psn_name\":" + Quoted(arguments[4]) + "}}}";
        Reply person = Send("POST", place + "/calls/1101", arguments[1], input, null);
        if (person.Status != 200)
        {
            Console.WriteLine("失败 " + person.Text("code") + "：" + person.Text("message") + "；" + person.Text("hint"));
            return 1;
        }
        Console.WriteLine("姓名 " + person.Text("psn_name") + " 余额 " + person.Amount("balc").ToString(CultureInfo.InvariantCulture));

        Reply wrong = Send("POST", place + "/calls/2207", arguments[1], "{\"input\":{\"data\":{}}}", "bill-1");
        Console.WriteLine(wrong.Status + " " + wrong.Text("code") + " " + wrong.Text("field"));

        Reply operation = Send("GET", place + "/operations/" + person.Text("operation"), arguments[1], null, null);
        Console.WriteLine("操作 " + operation.Text("status"));
        return 0;
    }
}
