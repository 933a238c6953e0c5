{ mi serve 的 Free Pascal / Delphi 示例：查询参保人，读取错误，用操作号查询结果。
  编译：fpc settle.pas；运行：settle http://127.0.0.1:8790 令牌 机构编号 证件号码 姓名
  文本一律为 UTF-8 字节，不经本机代码页，生僻字不会丢失。 }
program settle;

{$mode objfpc}{$H+}

uses
  Classes, SysUtils, fphttpclient, fpjson, jsonparser;

type
  TReply = record
    Status: Integer;
    Body: RawByteString;
  end;

function Send(const Method, Url, Token: string; const Body: RawByteString; const Key: string): TReply;
var
  Line: TFPHTTPClient;
  Input: TRawByteStringStream;
  Output: TBytesStream;
begin
  Line := TFPHTTPClient.Create(nil);
  Input := TRawByteStringStream.Create(Body);
  Output := TBytesStream.Create;
  try
    Line.IOTimeout := 150000; { 比服务的时限长；超时、断线后用同一个 Idempotency-Key 再提交一次，不会重办 }
    Line.AddHeader('Authorization', 'Bearer ' + Token);
    { 变更类交易（结算、退费、登记……）必须给出：本单的唯一编号，重试时用同一个，另一单用另一个。 }
    if Key <> '' then
      Line.AddHeader('Idempotency-Key', Key);
    if Body <> '' then
    begin
      Line.AddHeader('Content-Type', 'application/json; charset=utf-8');
      Line.RequestBody := Input;
    end;
    Line.HTTPMethod(Method, Url, Output, []); { [] : 不因状态码报错，错误内容要读 }
    Result.Status := Line.ResponseStatusCode;
    SetLength(Result.Body, Output.Size);
    if Output.Size > 0 then
      Move(Output.Bytes[0], Result.Body[1], Output.Size);
  finally
    Line.Free;
    Input.Free;
    Output.Free;
  end;
end;

{ 错误是一层的 JSON：code message field hint operation 总是有的文本。 }
function TextOf(const Reply: TReply; const Path: string): string;
var
  Content, Found: TJSONData;
begin
  Content := GetJSON(Reply.Body, True);
  try
    Found := Content.FindPath(Path);
    if Found = nil then
      Result := ''
    else
      Result := Found.AsString;
  finally
    Content.Free;
  end;
end;

{ 金额按十进制原文取出，转 Currency（四位定点），不经过浮点数。 }
function AmountOf(const Reply: TReply; const Name: string): Currency;
var
  Start, Stop: Integer;
  Settings: TFormatSettings;
begin
  Start := Pos('"' + Name + '":', Reply.Body);
  if Start = 0 then
    raise Exception.Create('回参没有 ' + Name);
  Start := Start + Length(Name) + 3;
  Stop := Start;
  while (Stop <= Length(Reply.Body)) and (Reply.Body[Stop] in ['0'..'9', '.', '-']) do
    Inc(Stop);
  Settings := DefaultFormatSettings;
  Settings.DecimalSeparator := '.';
  Result := StrToCurr(Copy(Reply.Body, Start, Stop - Start), Settings);
end;

var
  Place, Token, Input: string;
  Person, Wrong, Operation: TReply;
  Settings: TFormatSettings;
begin
  SetMultiByteConversionCodePage(CP_UTF8); { 所有文本为 UTF-8，不按本机代码页转换 }
  SetTextCodePage(Output, CP_UTF8);
  Settings := DefaultFormatSettings;
  Settings.DecimalSeparator := '.';
  Place := ParamStr(1) + '/v1/institutions/' + ParamStr(3);
  Token := ParamStr(2);
  Input := '{"input":{"data":{"mdtrt_cert_type":"02","mdtrt_cert_no":"' + ParamStr(4)
    + '","psn_cert_type":"01","certno":"' + ParamStr(4) + '","psn_name":"' + ParamStr(5) + '"}}}';
  Person := Send('POST', Place + '/calls/1101', Token, Input, '');
  if Person.Status <> 200 then
  begin
    WriteLn('失败 ', TextOf(Person, 'code'), '：', TextOf(Person, 'message'), '；', TextOf(Person, 'hint'));
    Halt(1);
  end;
  WriteLn('姓名 ', TextOf(Person, 'output.baseinfo.psn_name'), ' 余额 ',
    CurrToStrF(AmountOf(Person, 'balc'), ffFixed, 2, Settings));

  Wrong := Send('POST', Place + '/calls/2207', Token, '{"input":{"data":{}}}', 'bill-1');
  WriteLn(Wrong.Status, ' ', TextOf(Wrong, 'code'), ' ', TextOf(Wrong, 'field'));

  Operation := Send('GET', Place + '/operations/' + TextOf(Person, 'operation'), Token, '', '');
  WriteLn('操作 ', TextOf(Operation, 'status'));
end.
